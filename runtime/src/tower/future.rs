//! A request's future, of either side.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::TracedBody;
use super::request::Request;

pin_project! {
    /// A request that is being served or made. Made by the services of [`ServerLayer`](super::ServerLayer) and
    /// [`ClientLayer`](super::ClientLayer).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RequestFuture<F> {
        // Nothing once it has been dropped within its span.
        #[pin]
        future: Option<F>,
        request: Option<Request>,
        has_body: bool,
    }

    impl<F> PinnedDrop for RequestFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(request) = this.request {
                request.within(|| this.future.set(None));
            }
        }
    }
}

impl<F> RequestFuture<F> {
    /// `has_body`: whether whoever asked looks at the response's body at all.
    pub(super) fn new(future: F, request: Request, has_body: bool) -> Self {
        Self { future: Some(future), request: Some(request), has_body }
    }
}

impl<F, R, E> Future for RequestFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TracedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (Some(future), Some(request)) = (this.future.as_pin_mut(), this.request.as_mut()) else {
            return Poll::Pending;
        };
        let Poll::Ready(answer) = request.within(|| future.poll(task)) else { return Poll::Pending };
        let Some(request) = this.request.take() else { return Poll::Pending };
        Poll::Ready(finished(answer, request, *this.has_body))
    }
}

/// The response, whose body goes on with the request; or the end of a request that has none.
fn finished<R: Body, E>(
    answer: Result<Response<R>, E>,
    mut request: Request,
    has_body: bool,
) -> Result<Response<TracedBody<R>>, E> {
    match answer {
        Ok(response) => {
            request.answered(response.status());
            Ok(response.map(|body| TracedBody::new(body, request, has_body)))
        }
        Err(error) => {
            request.end(Some(std::any::type_name::<E>()));
            Err(error)
        }
    }
}
