//! The item that a form is about.

use uuid::Uuid;

use crate::store::ReviewDetail;
use crate::web::desk::error_page::ErrorPage;
use crate::web::guard::Posted;
use crate::web::state::WebState;

/// All there is about it; where that cannot be read, what was typed is kept.
pub(super) async fn detail(
    state: &WebState,
    posted: &Posted,
    item: Uuid,
) -> Result<ReviewDetail, ErrorPage> {
    let id = item.to_string();
    let detail = state.store.review_item(&id, &posted.viewer.user).await;
    detail.map_err(|error| ErrorPage::from(error).keeping(posted))
}
