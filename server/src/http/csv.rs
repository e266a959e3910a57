//! Lists as files: what a list's filters leave, streamed as it is read.
//!
//! RFC 4180: lines end with CR LF, a value with a quote, a comma or a line break stands in quotes.

use app::api::ApiError;
use app::context::Context;
use app::exports::{Chunk, Export, LIMIT};
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use csv::{Terminator, WriterBuilder};
use futures::stream::{self, StreamExt as _};
use portal::people::Viewer;

pub(super) fn routes() -> Router {
    Export::ALL.into_iter().fold(Router::new(), |router, export| {
        router.route(
            export.path(),
            get(async move |Extension(cx): Extension<Context>| download(cx, export).await),
        )
    })
}

async fn download(cx: Context, export: Export) -> Response {
    // Read before the answer begins, so that its status is true.
    let first = match export.chunk(&cx, None).await {
        Ok(first) => first,
        Err(error) => return refused(&cx, error),
    };
    let head = write(std::iter::once(export.head().iter().map(|name| (*name).to_owned())));
    let rows = stream::try_unfold(Some((first, LIMIT)), move |state| {
        let cx = cx.clone();
        async move {
            let Some((chunk, left)) = state else { return Ok(None) };
            let (bytes, left) = written(&chunk, left)?;
            let next = match chunk.next.filter(|_| left > 0) {
                Some(after) => {
                    // A file that breaks off is seen to be broken; one that ends is whole.
                    let chunk = export
                        .chunk(&cx, Some(after))
                        .await
                        .map_err(|error| std::io::Error::other(error.to_string()))?;
                    Some((chunk, left))
                }
                None => None,
            };
            Ok::<_, std::io::Error>(Some((bytes, next)))
        }
    });
    let name = export.path().rsplit('/').next().unwrap_or("list.csv");
    let mut response = Body::from_stream(stream::once(async { head }).chain(rows)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The rows of a chunk, as many as the file still takes, and how many it takes afterwards.
fn written(chunk: &Chunk, left: usize) -> std::io::Result<(Bytes, usize)> {
    let rows = chunk.rows.iter().take(left).map(|row| row.iter().map(app::exports::Cell::written));
    Ok((write(rows)?, left.saturating_sub(chunk.rows.len())))
}

fn write(rows: impl Iterator<Item = impl Iterator<Item = String>>) -> std::io::Result<Bytes> {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::<u8>::new());
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(bytes.into())
}

/// The same answers as the list's page gives, in short.
fn refused(cx: &Context, error: ApiError) -> Response {
    let (status, text) = match error {
        ApiError::SignIn if matches!(cx.viewer, Viewer::Staff(_)) => {
            return Redirect::to("/admin").into_response();
        }
        ApiError::SignIn => {
            let next = app::format::query(&cx.address);
            return Redirect::to(&format!("/login?next={next}")).into_response();
        }
        ApiError::NotFound => (StatusCode::NOT_FOUND, "There is nothing at this address.\n"),
        ApiError::Malformed => (StatusCode::BAD_REQUEST, "This filter cannot be read.\n"),
        ApiError::Away => (StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment.\n"),
        ApiError::Refused | ApiError::Failed => {
            (StatusCode::INTERNAL_SERVER_ERROR, "That failed, and it is our fault.\n")
        }
    };
    (status, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::exports::Cell;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let row = ["plain", "a,b", "say \"hi\"", "two\nlines", ""].map(Cell::text).to_vec();
        let chunk = Chunk { rows: vec![row.clone(), row], next: None };
        let (bytes, left) = written(&chunk, 1).unwrap();
        assert_eq!(bytes, "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n");
        assert_eq!(left, 0);
    }
}
