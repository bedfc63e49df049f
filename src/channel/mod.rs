//! Channels: what a text has to fit into before it can be published.
//!
//! A channel is a versioned data file in `channels/`, never code: [`ChannelSpec`] is that file, and
//! [`check()`] measures a text against it. Counting is a property of each field ([`Counting`]),
//! because a headline of thirty Latin letters and one of fifteen Chinese ones are equally full.

mod check;
mod counting;
mod insertion;
mod limits;
mod measure;
mod render;
mod set;
mod similarity;
mod spec;
mod standalone;

pub use check::{check, check_entry, check_meta};
pub use counting::Counting;
pub use insertion::{Argument, Insertion, Shown};
pub use limits::check_limits;
pub use render::render;
pub use set::{Chosen, Entry, Refusal, choose};
pub use spec::{ChannelError, ChannelSpec, Field, Instruction, builtin};
