//! Errors as AWS documents them: a type name and a message.

use std::fmt;

/// The error types that the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The stream, shard, consumer or alarm is not there.
    ResourceNotFound,
    /// The resource is not in a state that allows this.
    ResourceInUse,
    /// A parameter is wrong.
    InvalidArgument,
    /// A parameter breaks the model of the API, or the stream's mode forbids the call.
    Validation,
    /// A call rate or a quota is reached.
    LimitExceeded,
    /// The throughput of a shard is used up.
    ProvisionedThroughputExceeded,
    /// The iterator is older than five minutes.
    ExpiredIterator,
    /// The page token is older than five minutes.
    ExpiredNextToken,
    /// There is no such operation here.
    UnknownOperation,
    /// The request could not be read.
    Serialization,
}

impl ErrorKind {
    /// `__type` as AWS spells it.
    pub fn code(self) -> &'static str {
        match self {
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::ResourceInUse => "ResourceInUseException",
            Self::InvalidArgument => "InvalidArgumentException",
            Self::Validation => "ValidationException",
            Self::LimitExceeded => "LimitExceededException",
            Self::ProvisionedThroughputExceeded => "ProvisionedThroughputExceededException",
            Self::ExpiredIterator => "ExpiredIteratorException",
            Self::ExpiredNextToken => "ExpiredNextTokenException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::Serialization => "SerializationException",
        }
    }
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Its type.
    pub kind: ErrorKind,
    /// What AWS would say.
    pub message: String,
}

impl ApiError {
    /// An error of this type.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A wrong parameter.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// A parameter that breaks the model of the API.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Validation, message)
    }

    /// Something that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ResourceNotFound, message)
    }

    /// Something that is in use.
    pub fn in_use(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ResourceInUse, message)
    }

    /// A quota that is reached.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::LimitExceeded, message)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.message)
    }
}

impl std::error::Error for ApiError {}

/// What a call answers.
pub type ApiResult<T> = Result<T, ApiError>;
