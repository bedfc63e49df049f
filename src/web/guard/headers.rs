//! Headers of every answer of the desk, and the check of the host's name.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Nothing is loaded from elsewhere, nothing is written into a page by a script of somebody else, and no other
/// site frames a page or takes its forms. Model output is hostile input: escaping keeps it out, and this makes a
/// mistake in escaping harmless.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    ),
];

/// For a year the browser asks for this site by TLS only, also where somebody types its name without `https`.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Puts them on, whatever the answer is.
pub(in crate::web) async fn protect(request: Request, next: Next) -> Response {
    let by_tls = is_behind_tls(request.headers());
    let mut response = next.run(request).await;
    if by_tls {
        let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page shows what only somebody who is signed in may see: the back button after signing out must not.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether whoever stands in front of this server speaks TLS with the browser: then the cookie goes nowhere else.
/// Behind several proxies the first value is the one that the browser met.
pub(in crate::web) fn is_behind_tls(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .and_then(|proto| proto.to_str().ok())
        .and_then(|proto| proto.split(',').next())
        .is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
}

/// Whether the request names this machine. Without authentication that is what keeps a web site out whose name
/// was pointed at 127.0.0.1 (DNS rebinding).
pub(in crate::web) fn host_is_local(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    ["localhost", "127.0.0.1", "::1"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        let local = |host: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            host_is_local(&headers)
        };
        for host in [
            "localhost",
            "localhost:9640",
            "127.0.0.1:9640",
            "[::1]:9640",
        ] {
            assert!(local(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1:9640",
            "",
        ] {
            assert!(!local(host), "{host}");
        }
        assert!(!host_is_local(&HeaderMap::new()));
    }

    #[test]
    fn the_browsers_own_connection_says_whether_it_is_by_tls() {
        let tls = |proto: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            is_behind_tls(&headers)
        };
        assert!(
            ["https", "HTTPS", "https, http", " https "]
                .into_iter()
                .all(tls)
        );
        assert!(!["http", "", "http, https", "httpsx"].into_iter().any(tls));
        assert!(!is_behind_tls(&HeaderMap::new()));
    }
}
