//! A password's hash: Argon2id, as a PHC string.

use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

use crate::domain::problem::Problem;

/// Bytes of a password's salt.
const SALT_BYTES: usize = 16;

/// The memory of a hash, 19 MiB by the costs here. Kept by whoever hashes often: given to the allocator each time, it
/// stays in the arena of whichever thread had it.
pub(super) type Memory = Vec<Block>;

/// Argon2id with the crate's own costs (19 MiB, 2 passes: the OWASP minimum), as a PHC string.
///
/// # Errors
/// Where the system gives no random bytes for the salt, or no memory: a password without a hash is not stored.
pub fn hash_password(password: &str) -> Result<String, Problem> {
    hash_in(&mut Memory::new(), password)
}

/// Hashes a password in memory that was there before.
pub(super) fn hash_in(memory: &mut Memory, password: &str) -> Result<String, Problem> {
    phc(memory, password).map_err(not_hashed)
}

fn not_hashed(error: Error) -> Problem {
    let message = format!("the password could not be hashed, and was not stored: {error}");
    Problem::new("web.hash", message).unexpected()
}

fn phc(memory: &mut Memory, password: &str) -> Result<String, Error> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|_| Error::RngFailure)?;
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let params = Params::default();
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let costs = Argon2::new(algorithm, version, params.clone());
    fill(memory, &costs, password, &salt, &mut output)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Whether a password is the one behind a hash.
pub(super) fn verify_in(memory: &mut Memory, password: &str, hash: &str) -> bool {
    verified(memory, password, hash).unwrap_or(false)
}

fn verified(memory: &mut Memory, password: &str, hash: &str) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash
        .version
        .map_or(Ok(Version::default()), Version::try_from);
    let params = Params::try_from(&hash).ok()?;
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..expected.len())?;
    let costs = Argon2::new(algorithm, version.ok()?, params);
    fill(memory, &costs, password, salt, output).ok()?;
    Some(output.ct_eq(expected.as_bytes()).into())
}

/// Takes as long as a check, and fails: where there is no such user, the answer must not come sooner than for one
/// that exists, or names could be found by the clock.
pub(super) fn verify_nothing_in(memory: &mut Memory, password: &str) {
    let _ = hash_in(memory, password);
}

fn fill(
    memory: &mut Memory,
    costs: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    output: &mut [u8],
) -> argon2::Result<()> {
    memory.resize(costs.params().block_count(), Block::new());
    costs.hash_password_into_with_memory(password.as_bytes(), salt, output, memory)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;
    use crate::domain::problem::Blame;

    #[test]
    fn a_password_is_verified_by_its_hash_only() {
        let mut memory = Memory::new();
        let hash = hash_password("three plain words").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(hash, hash_password("three plain words").unwrap(), "salted");
        for _ in 0..2 {
            assert!(verify_in(&mut memory, "three plain words", &hash));
            assert!(!verify_in(&mut memory, "three plain word", &hash));
            assert!(!verify_in(&mut memory, "three plain words", "not a hash"));
            verify_nothing_in(&mut memory, "three plain words");
        }
        assert_eq!(memory.len(), Params::default().block_count());
    }

    #[test]
    fn a_password_that_is_not_hashed_is_told() {
        let told = not_hashed(Error::OutOfMemory);
        assert_eq!(told.blame, Blame::Unexpected);
        assert!(
            told.message
                .starts_with("the password could not be hashed, and was not stored: "),
            "{told}"
        );
    }

    #[test]
    fn it_is_what_the_library_makes_of_it_by_itself() {
        let hash = hash_in(&mut Memory::new(), "three plain words").unwrap();
        let (library, memory) = (Argon2::default(), &mut Memory::new());
        assert!(
            library
                .verify_password(b"three plain words", hash.as_str())
                .is_ok()
        );
        // Other costs, as a hash of before they were raised has them, and more memory than the one before.
        let params = Params::new(24_576, 1, 2, Some(24)).unwrap();
        let other = Argon2::from(params)
            .hash_password(b"three plain words")
            .unwrap()
            .to_string();
        assert!(verify_in(memory, "three plain words", &other));
        assert!(!verify_in(memory, "three plain word", &other));
        assert!(verify_in(memory, "three plain words", &hash));
    }
}
