"""The bucket of calls that are set aside for outages. Who may touch which keys is said here."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stage import Stage

# Prefixes of the keys; s3_emergency_store.py says what each holds.
_CLAIMS = "claims/*"
_CONFIGURATION = "config"
_IDS = "ids/*"
_OUTCOMES = "outcomes/*"
_SLOTS = "slots/*"
KINDS = (_SLOTS, _CLAIMS, _IDS, _OUTCOMES)
"""Of objects that there is one of for each slot or call."""
_WRITTEN_ONCE = (_CLAIMS, _IDS, _OUTCOMES)
KEPT_DAYS = 30
"""A slot lives two days, and its outcome is booked once the ledger answers again."""


class EmergencyStore(Construct):
    """A second service beside the ledger's table, asked only when that is silent (ADR 0016).

    Empty, and so free, until ``sentry.yaml`` has an emergency allowance (P11). Without versions:
    what is written once is never changed, and what the sweep deletes must be gone. The mirrored
    configuration alone does not end by age: an outage may begin on any day.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id=prefix.removesuffix("/*"),
                    prefix=prefix.removesuffix("*"),
                    expiration=cdk.Duration.days(KEPT_DAYS),
                )
                for prefix in KINDS
            ],
            removal_policy=stage.removal_policy,
        )
        self._refuse_overwriting()

    def _refuse_overwriting(self) -> None:
        """A write without ``If-None-Match`` is refused, whoever asks: S3 itself keeps the first."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(key) for key in _WRITTEN_ONCE],
                conditions={"Null": {"s3:if-none-match": "true"}},
            )
        )

    def grant_use(self, grantee: iam.IGrantable) -> None:
        """Find a free slot and take it; say that one taken in vain was not used."""
        read = (_SLOTS, _CLAIMS, _IDS, _CONFIGURATION)
        self._allow(grantee, "GetObject", *read)
        self._allow(grantee, "PutObject", _CLAIMS, _IDS, _OUTCOMES)
        self._allow_listing(grantee, *read)

    def grant_tell(self, grantee: iam.IGrantable) -> None:
        """Keep how a call ended, or read what was kept before."""
        self._allow(grantee, "GetObject", _OUTCOMES)
        self._allow(grantee, "PutObject", _OUTCOMES)

    def grant_keep(self, grantee: iam.IGrantable) -> None:
        """Set slots aside, book what became of them, and take them away again."""
        read = (_SLOTS, _CLAIMS, _OUTCOMES, _CONFIGURATION)
        self._allow(grantee, "GetObject", *read)
        self._allow(grantee, "PutObject", *read)
        self._allow(grantee, "DeleteObject", _SLOTS)
        self._allow_listing(grantee, *read)

    def _allow(self, grantee: iam.IGrantable, verb: str, *keys: str) -> None:
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"s3:{verb}"],
                resources=[self.bucket.arn_for_objects(key) for key in keys],
            )
        )

    def _allow_listing(self, grantee: iam.IGrantable, *keys: str) -> None:
        """Also what makes S3 answer 404 for an object that is not there: without it, it is 403."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self.bucket.bucket_arn],
                # If it exists: whether S3 has a prefix to compare when it looks this up for a
                # GetObject is not documented, and a 403 there would refuse every call of an outage.
                conditions={"StringLikeIfExists": {"s3:prefix": list(keys)}},
            )
        )
