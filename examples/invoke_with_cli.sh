#!/usr/bin/env bash
# One guarded call with the AWS command line and nothing else.
set -euo pipefail

aws stepfunctions start-sync-execution \
  --state-machine-arn "${COST_SENTRY_WORKFLOWS}support" \
  --input "file://$(dirname "$0")/request.json" \
  --cli-read-timeout 310 \
  --query output --output text
