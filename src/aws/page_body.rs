//! Puts [`super::page`] in the place of the SDK's reading of `GetRecords`: for answers that succeed, and for their body alone.
//! Errors, retries, timeouts and the signs of a stalled download stay the SDK's.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use aws_sdk_kinesis::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_kinesis::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame};

use super::page::{Malformed, PageReader};
use super::records::RecordsPage;

/// What became of the answer to one call. A clone is the same answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(Arc<Mutex<Option<Result<RecordsPage, Malformed>>>>);

impl Answer {
    /// The page, once the call has succeeded.
    pub(super) fn take(&self) -> Option<RecordsPage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().and_then(Result::ok)
    }

    fn put(&self, outcome: Result<RecordsPage, Malformed>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// Why there is no page.
    fn problem(&self) -> Option<BoxError> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Ok(_)) => None,
            Some(Err(malformed)) => Some(malformed.clone().into()),
            None => Some("the answer was not read".into()),
        }
    }
}

impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "Answer"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if response.status().is_success() {
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let reading = Reading { body, reader: Some(PageReader::default()), answer: self.clone() };
            *response.body_mut() = SdkBody::from_body_1_x(reading);
            bag.interceptor_state().store_put(SharedResponseDeserializer::new(self.clone()));
        }
        Ok(())
    }
}

impl DeserializeResponse for Answer {
    fn deserialize_nonstreaming_with_config(
        &self,
        _response: &HttpResponse,
        _bag: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        if let Some(problem) = self.problem() {
            return Err(OrchestratorError::other(problem));
        }
        // The SDK wants an output of its own type.
        GetRecordsOutput::builder()
            .set_records(Some(Vec::new()))
            .build()
            .map(Output::erase)
            .map_err(|error| OrchestratorError::other(BoxError::from(error)))
    }
}

/// A body that is read while it comes. Nothing of it is left for the SDK, but for what cannot be read: that is looked at in
/// an error.
struct Reading {
    body: SdkBody,
    /// `None` once it is read, or cannot be.
    reader: Option<PageReader>,
    answer: Answer,
}

impl Body for Reading {
    type Data = Bytes;
    type Error = aws_smithy_types::body::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context)).transpose()?;
            let Some(reader) = &mut self.reader else { return Poll::Ready(frame.map(Ok)) };
            match frame.map(Frame::into_data) {
                Some(Ok(bytes)) => {
                    if let Err(malformed) = reader.push(&bytes) {
                        self.reader = None;
                        self.answer.put(Err(malformed));
                        return Poll::Ready(Some(Ok(Frame::data(bytes))));
                    }
                }
                Some(Err(_trailers)) => {}
                None => {
                    if let Some(reader) = self.reader.take() {
                        self.answer.put(reader.finish());
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }
}
