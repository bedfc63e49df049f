//! The pictures that README and docs show: `make screenshots`.

use sqlx::PgPool;

use crate::chrome::pictures;
use crate::copies::newspaper;
use crate::page::{ENTER, Page};
use crate::scene::Scene;

trials![queue_and_draft_are_pictured,];

/// A repository's documents are read over slow lines too.
const MOST_BYTES: usize = 200 * 1024;

async fn take(page: &Page, name: &str) {
    std::fs::create_dir_all(pictures()).expect("a folder");
    for (dark, width) in [(false, 1280), (true, 1280), (false, 360), (true, 360)] {
        page.dark(dark).await;
        page.wide(width).await;
        page.run("scrollTo(0, 0); document.activeElement.blur()")
            .await;
        let picture = page.picture().await;
        let look = if dark { "dark" } else { "light" };
        let file = format!("{name}-{look}-{width}.png");
        assert!(
            picture.len() < MOST_BYTES,
            "{file}: {} bytes",
            picture.len()
        );
        std::fs::write(pictures().join(file), picture).expect("written");
    }
    page.dark(false).await;
    page.wide(1280).await;
}

async fn queue_and_draft_are_pictured(pool: PgPool) {
    let scene = Scene::open("pictures", pool, &newspaper()).await;
    scene
        .play(async |scene| {
            let page = scene.signed_in("Ann").await;
            take(&page, "queue").await;
            page.open(&format!("/items/{}", scene.items[0])).await;
            page.key(ENTER).await;
            page.until("!!document.querySelector('#lease')").await;
            take(&page, "draft").await;
        })
        .await;
}
