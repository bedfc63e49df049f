//! Before the desk has reached its database it says so, and opens by itself.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use nightdesk::web::{DeferredRouter, SignIn};
use sqlx::PgPool;
use tower::ServiceExt;

use super::models;
use crate::support::Desk;

async fn asked(deferred: &DeferredRouter, path: &str) -> (u16, Option<String>, String) {
    let from = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000)));
    let request = Request::get(path).extension(from).body(Body::empty());
    let answer = deferred.router().oneshot(request.unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let later = parts.headers.get("retry-after");
    let policy = parts.headers.get("content-security-policy");
    assert!(policy.is_some(), "{path} is protected");
    (
        parts.status.as_u16(),
        later.map(|later| later.to_str().unwrap().to_owned()),
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[sqlx::test(migrations = "./migrations")]
async fn a_closed_desk_says_so_and_opens_once(pool: PgPool) {
    let deferred = DeferredRouter::default();
    for path in ["/", "/login", "/api/v1/me"] {
        let (status, later, told) = asked(&deferred, path).await;
        assert_eq!((status, later.as_deref()), (503, Some("5")), "{path}");
        assert!(told.contains("the desk has not reached its database yet"));
    }
    let desk = Desk::open(pool).await;
    let open = || nightdesk::web::WebState::new(desk.store.clone(), SignIn::Password, models());
    deferred.open(Arc::new(open()));
    deferred.open(Arc::new(open()));
    let (status, later, page) = asked(&deferred, "/login").await;
    assert_eq!((status, later), (200, None), "{page}");
}
