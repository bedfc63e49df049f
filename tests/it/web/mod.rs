//! The desk's pages, asked as a browser asks them: cookies, forms, headers.

mod addresses;
mod api;
mod api_tokens;
mod briefs;
mod deciding;
mod deferred_router;
mod forms;
mod guessing;
mod headers;
mod hostile;
mod leaving;
mod line_ends;
mod overview;
mod people;
mod queue;
mod settings;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use nightdesk::domain::user::{Role, User};
use nightdesk::store::{Attempt, NewToken};
use nightdesk::web::{Passwords, SignIn, hash_password, router, token_hash};
use sqlx::PgPool;
use tower::ServiceExt;

use crate::support::Desk;

/// Everybody's password here.
pub(crate) const PASSWORD: &str = "three plain words";
/// Hashing is slow on purpose, so it is done once.
static HASH: LazyLock<String> = LazyLock::new(|| hash_password(PASSWORD).unwrap());

const HOST: &str = "127.0.0.1:9640";
const AGENT: &str = "Testzilla/1";

/// The models of this project; the default one is made by `make setup-model`.
fn models() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/models").into()
}

/// A desk on a test's database.
pub(crate) struct Site {
    pub(crate) desk: Desk,
    app: Router,
}

impl Site {
    /// One at which people sign in.
    pub(crate) async fn open(pool: PgPool) -> Self {
        Self::with(Desk::open(pool).await, SignIn::Password)
    }

    /// One on a desk that has something in it already.
    pub(crate) fn with(desk: Desk, sign_in: SignIn) -> Self {
        Self::hashing(desk, sign_in, Passwords::default())
    }

    /// One with bounds on the hashing of passwords.
    pub(crate) fn hashing(desk: Desk, sign_in: SignIn, passwords: Passwords) -> Self {
        let opened = nightdesk::web::WebState::new(desk.store.clone(), sign_in, models());
        let app = router(Arc::new(opened.hashing(passwords)));
        Self { desk, app }
    }

    /// Somebody with [`PASSWORD`].
    pub(crate) async fn user(&self, name: &str, role: Role) -> User {
        let added = self.desk.store.add_user("test", name, role, &HASH).await;
        added.expect("a user")
    }

    /// Counts a failed sign-in.
    pub(crate) async fn fails(&self, name: &str, address: &str) {
        let attempt = Attempt::SignIn { name, address };
        self.desk
            .store
            .count_attempt(attempt)
            .await
            .expect("counted");
    }

    /// Somebody's token of 90 days, by its hash.
    pub(crate) async fn token(&self, user: &User, token_sha256: &str) {
        let token = NewToken {
            token_sha256,
            days: 90,
            password_hash: None,
        };
        let made = self.desk.store.make_token("test", user, &token).await;
        made.expect("a token");
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            app: self.app.clone(),
            pool: self.desk.pool.clone(),
            from: SocketAddr::from(([127, 0, 0, 1], 50_000)),
            cookie: None,
            headers: vec![
                (header::HOST.to_string(), HOST.to_owned()),
                (header::USER_AGENT.to_string(), AGENT.to_owned()),
            ],
        }
    }

    /// A browser in which somebody new is signed in.
    pub(crate) async fn signed_in(&self, name: &str, role: Role) -> Browser {
        self.user(name, role).await;
        let mut browser = self.browser();
        browser.sign_in(name).await;
        browser
    }

    /// What is in the record, oldest first: who, what, to what.
    pub(crate) async fn recorded(&self) -> Vec<String> {
        let events = self.desk.store.events(None, 1000).await.expect("events");
        let lines = events.iter().rev();
        lines
            .map(|event| format!("{} {} {}", event.actor, event.action, event.subject))
            .collect()
    }
}

/// A browser: it keeps the session's cookie and says who it is.
#[derive(Clone)]
pub(crate) struct Browser {
    app: Router,
    pool: PgPool,
    from: SocketAddr,
    pub(crate) cookie: Option<String>,
    headers: Vec<(String, String)>,
}

impl Browser {
    /// Sets a header of every request from now on.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, Body::empty()).await
    }

    /// Sends a form of the session.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        self.post_bare(path, &fields).await
    }

    /// Sends a form that does not prove where it comes from.
    pub(crate) async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        let kind = Some("application/x-www-form-urlencoded");
        self.ask(Method::POST, path, kind, Body::from(body)).await
    }

    /// Sends a file in a form of the session.
    pub(crate) async fn upload(&mut self, path: &str, name: &str, content: &[u8]) -> Answer {
        let csrf = self.csrf().await;
        self.upload_bare(path, &csrf, name, content).await
    }

    pub(crate) async fn upload_bare(
        &mut self,
        path: &str,
        csrf: &str,
        name: &str,
        content: &[u8],
    ) -> Answer {
        const BORDER: &str = "----border-of-the-test";
        let part = "Content-Disposition: form-data; name=";
        let before = format!(
            "--{BORDER}\r\n{part}\"csrf\"\r\n\r\n{csrf}\r\n\
             --{BORDER}\r\n{part}\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n"
        );
        let after = format!("\r\n--{BORDER}--\r\n");
        let body = [before.as_bytes(), content, after.as_bytes()].concat();
        let kind = format!("multipart/form-data; boundary={BORDER}");
        self.ask(Method::POST, path, Some(&kind), Body::from(body))
            .await
    }

    /// What the session's forms carry; empty where there is none.
    pub(crate) async fn csrf(&self) -> String {
        let token = self.cookie.as_deref().unwrap_or_default();
        let asked = sqlx::query_scalar("select csrf from sessions where token_sha256 = $1");
        let known = asked.bind(token_hash(token)).fetch_optional(&self.pool);
        known.await.expect("sessions").unwrap_or_default()
    }

    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("nightdesk_session={cookie}"));
        }
        let request = request.extension(ConnectInfo(self.from)).body(body);
        let answered = self.app.clone().oneshot(request.expect("a request")).await;
        let (parts, body) = answered.expect("an answer").into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("UTF-8"),
        };
        if let Some(set) = answer.header("set-cookie") {
            let value = set.split(';').next().and_then(|set| set.split_once('='));
            self.cookie = value
                .map(|(_, value)| value.to_owned())
                .filter(|value| !value.is_empty());
        }
        answer
    }

    /// Signs somebody in who exists.
    pub(crate) async fn sign_in(&mut self, name: &str) {
        let answer = self.try_sign_in(name, PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    }

    pub(crate) async fn try_sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post_bare("/login", &[("name", name), ("password", password)])
            .await
    }

    /// Whether somebody is signed in.
    pub(crate) async fn is_signed_in(&mut self) -> bool {
        // Signing out without the token is refused, to somebody who is signed in for another reason.
        match self.post_bare("/logout", &[]).await.status {
            401 => false,
            403 => true,
            status => panic!("{status}"),
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Asserts a status and that the page says all of this.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, parts: &[&str]) {
        assert_eq!(self.status, status, "{}", self.body);
        for part in parts {
            assert!(
                self.body.contains(part),
                "`{part}` is not on the page:\n{}",
                self.body
            );
        }
    }

    /// Asserts that it leads to a page.
    #[track_caller]
    pub(crate) fn leads_to(&self, place: &str) {
        assert_eq!(
            (self.status, self.header("location")),
            (303, Some(place)),
            "{}",
            self.body
        );
    }

    /// Asserts that the page does not say this.
    #[track_caller]
    pub(crate) fn hides(&self, part: &str) {
        assert!(
            !self.body.contains(part),
            "`{part}` is on the page:\n{}",
            self.body
        );
    }
}
