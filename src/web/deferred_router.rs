//! The desk's address before its database was reached for the first time.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn;
use axum::response::Response;
use tower::ServiceExt;

use super::desk::ErrorPage;
use super::guard::protect;
use super::router::router;
use super::state::WebState;

/// Pages that open once there is something behind them; until then each says so.
#[derive(Debug, Clone, Default)]
pub struct DeferredRouter(Arc<OnceLock<Router>>);

impl DeferredRouter {
    /// What answers from the beginning.
    pub fn router(&self) -> Router {
        Router::new().fallback(page).with_state(self.clone())
    }

    /// Opens the pages. The first desk stays.
    pub fn open(&self, state: Arc<WebState>) {
        self.0.get_or_init(|| router(state));
    }
}

async fn page(State(deferred): State<DeferredRouter>, request: Request) -> Response {
    let router = deferred.0.get().cloned().unwrap_or_else(closed);
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Every address while the desk is closed.
fn closed() -> Router {
    let closed = async || ErrorPage::not_open_yet();
    Router::new().fallback(closed).layer(from_fn(protect))
}
