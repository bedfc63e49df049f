//! Who types: the name under which a command's writes are recorded.

use std::os::unix::fs::MetadataExt;

/// `cli:` and the name of the account that this process runs as, or its number where it has no name. Not what the
/// environment says: that is anybody's to set.
pub(super) fn actor() -> String {
    let uid = std::fs::metadata("/proc/self").map(|own| own.uid().to_string());
    let uid = uid.unwrap_or_else(|_| "unknown".to_owned());
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    // name:password:uid:…
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    format!("cli:{}", name.unwrap_or(uid))
}
