"""The emulated `aws` package: moto is the model of the account, botocore and the SDK are the schema."""

from sandbox.aws.emulator import Aws as Aws
