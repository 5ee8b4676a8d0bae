//! The embedded default: a Kinesis- and CloudWatch-compatible server inside the process.
