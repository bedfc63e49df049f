//! What has to be done to a file that is not UTF-8 text. Here it is only named: somebody at a page has no shell, and
//! a command line adds the command.

/// How a file becomes UTF-8 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// From another encoding, by the name that `iconv` has for it.
    Encoding(&'static str),
    /// By unpacking it.
    Packed(Packing),
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A zip archive, or a spreadsheet, which is one inside.
    Zip,
    /// gzip data.
    Gzip,
    /// bzip2 data.
    Bzip2,
    /// zstd data.
    Zstd,
    /// xz data.
    Xz,
    /// A 7-Zip archive.
    SevenZip,
}
