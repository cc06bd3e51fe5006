//! A response's body, at whose end its request ends.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::request::Request;

pin_project! {
    /// The body of a response, which ends its request's span. Made by the services of [`ServerLayer`](super::ServerLayer) and
    /// [`ClientLayer`](super::ClientLayer).
    #[derive(Debug)]
    pub struct TracedBody<B>
    where
        B: Body,
    {
        // Nothing once it has been dropped within its span.
        #[pin]
        body: Option<B>,
        request: Option<Request>,
        // What is still to come, where that is known.
        left: Option<u64>,
    }

    impl<B: Body> PinnedDrop for TracedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(mut request) = this.request.take() else { return };
            let is_complete = *this.left == Some(0) || this.body.as_ref().as_pin_ref().is_none_or(|body| body.is_end_stream());
            request.within(|| this.body.set(None));
            // Who serves a body that is not read to its end was given up; who has asked for it has what it wants.
            if is_complete || !request.is_served() {
                request.end(None);
            } else {
                request.cancel();
            }
        }
    }
}

impl<B: Body> TracedBody<B> {
    /// `has_body`: whether whoever asked looks at the body at all.
    pub(super) fn new(body: B, request: Request, has_body: bool) -> Self {
        let left = if has_body { body.size_hint().exact() } else { Some(0) };
        Self { body: Some(body), request: Some(request), left }
    }
}

impl<B: Body> Body for TracedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
        let polled = match this.request {
            Some(request) => request.within(|| body.poll_frame(task)),
            None => body.poll_frame(task),
        };
        let end = match &polled {
            Poll::Pending => return polled,
            Poll::Ready(None) => Some(None),
            Poll::Ready(Some(Err(_))) => Some(Some(std::any::type_name::<B::Error>())),
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Buf::remaining) as u64;
                *this.left = this.left.map(|left| left.saturating_sub(length));
                None
            }
        };
        if let (Some(error), Some(mut request)) = (end, this.request.take_if(|_| end.is_some())) {
            request.end(error);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
