//! Random tokens, what is stored of them, and comparing them.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 256 random bits, in hex.
pub fn new_token() -> String {
    let mut bytes = [0; 32];
    // Two v4 UUIDs have 122 random bits each; the operating system's source has them all.
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => format!(
            "{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        ),
    }
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// What is stored of a browser's name.
pub(in crate::web) fn user_agent_hash(user_agent: &str) -> String {
    hex::encode(Sha256::digest(user_agent.as_bytes()))
}

/// Whether two secrets are the same, in a time that does not say where they differ.
pub(in crate::web) fn is_same_secret(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, two) = (new_token(), new_token());
        assert_eq!(one.len(), 64);
        assert_ne!(one, two);
        assert!(is_same_secret(&one, &one.clone()));
        assert!(!is_same_secret(&one, &two));
        assert!(!is_same_secret("", &one) && !is_same_secret(&one, &one[..63]));
    }
}
