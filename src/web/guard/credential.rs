//! Passwords, tokens, and comparing them.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use sha2::{Digest, Sha256};

/// What a password is checked against where there is no such user: the answer takes as long as for one that
/// exists, so that names cannot be found by the clock.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password("nobody has this password"));

/// Argon2id with the crate's own costs (19 MiB, 2 passes: the OWASP minimum), as a PHC string.
pub fn hash_password(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .unwrap_or_default()
}

/// Whether a password is the one behind a hash.
pub(in crate::web) fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Takes as long as a check, and fails.
pub(in crate::web) fn verify_nothing(password: &str) {
    let _ = verify_password(password, &NOBODY);
}

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
pub(in crate::web) fn matches(given: &str, expected: &str) -> bool {
    given.len() == expected.len()
        && given
            .bytes()
            .zip(expected.bytes())
            .fold(0, |differs, (a, b)| differs | (a ^ b))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_verified_by_its_hash_only() {
        let hash = hash_password("three plain words");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(hash, hash_password("three plain words"), "salted");
        assert!(verify_password("three plain words", &hash));
        assert!(!verify_password("three plain word", &hash));
        assert!(!verify_password("three plain words", "not a hash"));
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, two) = (new_token(), new_token());
        assert_eq!(one.len(), 64);
        assert_ne!(one, two);
        assert!(matches(&one, &one.clone()) && !matches(&one, &two) && !matches("", &one));
    }
}
