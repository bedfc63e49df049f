//! Leading a browser on to another page of this desk.

use std::fmt::Write;

use axum::response::Redirect;

/// Leads to an address with 303, the rest of which may come from a form: what no header can have, and what is no part
/// of an address, is percent-encoded. A line break would otherwise end the answer with an error, or begin a header.
pub(in crate::web) fn see_other(address: &str) -> Redirect {
    Redirect::to(&encoded(address))
}

fn encoded(address: &str) -> String {
    let mut encoded = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | ..=b' ' | 0x7f.. => {
                // Writing into a text does not fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
            plain => encoded.push(char::from(plain)),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_of_ours_stays_as_it_is() {
        let address = "/items/1?q=campaign%3Da&draft=2#part.headlines";
        assert_eq!(encoded(address), address);
        assert_eq!(
            encoded("/a\r\nset-cookie: b=c"),
            "/a%0D%0Aset-cookie:%20b=c"
        );
        assert_eq!(encoded("/\u{e9}\u{0}\u{7f}"), "/%C3%A9%00%7F");
    }

    proptest! {
        #[test]
        fn whatever_stands_in_it_is_a_header(address in any::<String>()) {
            let response = see_other(&address).into_response();
            prop_assert_eq!(response.status(), StatusCode::SEE_OTHER);
            let location = response.headers()[header::LOCATION].to_str().unwrap();
            prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
