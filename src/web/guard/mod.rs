//! Who is asking, and whether they may: sessions, forms, headers.
//!
//! A page is for somebody who is signed in ([`Viewer`]); a write is a form that carries the session's CSRF token and
//! comes from this very site ([`Posted`]). Both are extractors, so that a page cannot be written without them.

mod address;
mod headers;
mod posted;
mod redirect;
mod refusal;
mod session;
mod uploaded;
mod viewer;

pub(super) use address::{Client, ClientAddress, address_of};
pub(super) use headers::{host_is_local, is_behind_tls, protect};
pub(super) use posted::{MOST_BYTES, Posted, is_from_here};
pub(super) use redirect::see_other;
pub(super) use refusal::{GuardRefusal, KeptForm};
pub(super) use session::{COOKIE, user_agent};
pub(super) use uploaded::{MOST_UPLOADED, Uploaded};
pub(super) use viewer::Viewer;
