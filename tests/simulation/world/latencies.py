"""How long things take: the one table of them, in microseconds unless a name says otherwise."""

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND

DYNAMODB_ONE_WAY = (1 * MILLISECOND, 4 * MILLISECOND)
"""Half a round trip of about 5 ms."""
DYNAMODB_TRANSACTION = (2 * MILLISECOND, 8 * MILLISECOND)
"""Between a transaction's taking hold of its items and its being carried out."""
LATE_REQUEST_MAX = 8 * SECOND
"""A request that its sender has given up on may still be carried out this much later."""
S3_ONE_WAY = (5 * MILLISECOND, 20 * MILLISECOND)
S3_UPLOAD = (2 * MILLISECOND, 10 * MILLISECOND)
"""Between a conditional write's arrival and its being carried out."""
LAMBDA_INVOKE = (3 * MILLISECOND, 15 * MILLISECOND)
LAMBDA_DUPLICATE_MAX = 3 * SECOND
"""How much later the second delivery of one invocation may begin."""
STREAM_POLL = (200 * MILLISECOND, 1_000 * MILLISECOND)
STREAM_RETRY = (1 * SECOND, 10 * SECOND)
BEDROCK_CALL = (300 * MILLISECOND, 20 * SECOND)
BEDROCK_REFUSAL = (20 * MILLISECOND, 200 * MILLISECOND)
SKEW_SECONDS_MAX = 300
"""How far the clock of an execution environment may be off."""
