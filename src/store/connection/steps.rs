//! What a call to the database gives, piece by piece, in the shapes that the driver's traits ask for.

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{Either, Error};

/// What a call gives, piece by piece: a row, or the end of a statement.
pub(in crate::store) type Step = Either<PgQueryResult, PgRow>;

/// A finished call, in the shape that the driver's trait asks for.
pub(in crate::store) fn steps<'e>(
    call: impl Future<Output = Result<Vec<Step>, Error>> + Send + 'e,
) -> BoxStream<'e, Result<Step, Error>> {
    stream::once(call)
        .map_ok(|steps| stream::iter(steps.into_iter().map(Ok)))
        .try_flatten()
        .boxed()
}

/// The first row of a finished call.
pub(in crate::store) fn first(steps: Vec<Step>) -> Option<PgRow> {
    steps.into_iter().find_map(|step| match step {
        Either::Right(row) => Some(row),
        Either::Left(_) => None,
    })
}
