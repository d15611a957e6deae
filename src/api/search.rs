//! Finding passages in the documents of a workspace, and why each was found.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::score;
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use super::turns::SpanView;
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::principal::Action;
use crate::domain::time::{Stopwatch, Timestamp};
use crate::rag::{ByMeaning, ByWords, Filter, Method, Retrieved, Search};

pub(super) struct Searches(pub Shared);

/// How passages are searched for.
#[derive(Clone, Copy, Default, Enum)]
#[oai(rename = "SearchMethod", rename_all = "snake_case")]
enum MethodView {
    /// By words (BM25).
    Lexical,
    /// By meaning (vectors); finds nothing where there is no embedding model.
    Semantic,
    /// Both, fused.
    #[default]
    Hybrid,
}

/// What is searched for, and in which documents. Conditions must all be met; of a list, any.
#[derive(Object)]
#[oai(rename = "SearchRequest", deny_unknown_fields)]
struct SearchBody {
    #[oai(validator(min_length = 1, max_length = 4000))]
    query: String,
    /// Passages at most; 10 if nothing is said.
    #[oai(validator(minimum(value = "1"), maximum(value = "50")))]
    limit: Option<u32>,
    #[oai(default)]
    method: MethodView,
    #[oai(default, validator(max_items = 200))]
    documents: Vec<DocumentId>,
    #[oai(default, validator(max_items = 50))]
    tags: Vec<String>,
    /// ISO 639-1 codes, such as `de`.
    #[oai(default, validator(max_items = 50))]
    languages: Vec<String>,
    /// Ends of file names, such as `pdf`.
    #[oai(default, validator(max_items = 50))]
    types: Vec<String>,
    /// Uploaded at this moment or later.
    uploaded_from: Option<Timestamp>,
    /// Uploaded before this moment.
    uploaded_to: Option<Timestamp>,
    /// Rather different passages than the best ones that say the same.
    #[oai(default)]
    diverse: bool,
}

/// A place in the search by words.
#[derive(Object)]
#[oai(rename = "LexicalPlace")]
struct LexicalView {
    /// From 1.
    rank: u32,
    /// BM25; comparable within one search only.
    score: f64,
}

/// A place in the search by meaning.
#[derive(Object)]
#[oai(rename = "SemanticPlace")]
struct SemanticView {
    /// From 1.
    rank: u32,
    /// Cosine of question and passage, -1 to 1.
    likeness: f64,
}

/// Why a passage was found.
#[derive(Object)]
#[oai(rename = "SearchReason", skip_serializing_if_is_none)]
struct WhyView {
    /// Absent if it is not among the first by words.
    lexical: Option<LexicalView>,
    /// Absent if it is not among the first by meaning.
    semantic: Option<SemanticView>,
    /// Its place, from 1, when both were put together.
    fused_rank: u32,
    /// Its place after a reranker, if one spoke.
    reranked_rank: Option<u32>,
}

/// A passage that was found.
#[derive(Object)]
#[oai(rename = "SearchHit", skip_serializing_if_is_none)]
struct HitView {
    document_id: DocumentId,
    title: String,
    /// ISO 639-1 code of the language of the document, if one was recognised.
    language: Option<String>,
    /// Counts from 0 within the document.
    ordinal: u32,
    /// Bytes of the document's text.
    start: u32,
    end: u32,
    page: Option<u32>,
    /// The headings above it, outermost first.
    headings: Vec<String>,
    text: String,
    /// Higher is better; comparable within one search only.
    score: f64,
    /// Bytes of `text` that are words of the query.
    highlights: Vec<SpanView>,
    why: WhyView,
}

/// What was found, best first.
#[derive(Object)]
#[oai(rename = "SearchResult")]
struct ResultView {
    hits: Vec<HitView>,
    /// Whether a model took part that compares meanings.
    semantic: bool,
    took_ms: u32,
}

#[OpenApi(tag = "Tag::Documents")]
impl Searches {
    /// Search the documents of a workspace that you may see.
    #[oai(
        path = "/workspaces/:id/search",
        method = "post",
        operation_id = "searchDocuments"
    )]
    async fn search(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        body: Json<SearchBody>,
    ) -> Result<Json<ResultView>, Problem> {
        let watch = Stopwatch::start();
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let search = search(body.0);
        let query = search.question.clone();
        let found = self.0.rag.search(&access, search).await?;
        let semantic = found.iter().any(|one| one.why.meaning.is_some());
        let hits = found.into_iter().map(|one| hit(one, &query)).collect();
        Ok(Json(ResultView {
            hits,
            semantic,
            took_ms: u32::try_from(watch.elapsed().as_millis()).unwrap_or(u32::MAX),
        }))
    }
}

fn search(body: SearchBody) -> Search {
    Search {
        question: body.query,
        earlier: Vec::new(),
        limit: body.limit.unwrap_or(10) as usize,
        method: match body.method {
            MethodView::Lexical => Method::Lexical,
            MethodView::Semantic => Method::Semantic,
            MethodView::Hybrid => Method::Hybrid,
        },
        filter: Filter {
            documents: body.documents,
            tags: body.tags,
            languages: body.languages,
            kinds: body.types,
            from: body.uploaded_from,
            to: body.uploaded_to,
            ..Filter::default()
        },
        diverse: body.diverse,
        hops: None,
    }
}

fn hit(found: Retrieved, query: &str) -> HitView {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let highlights = found.highlights(query).into_iter().map(|range| SpanView {
        start: offset(range.start),
        end: offset(range.end),
    });
    let highlights = highlights.collect();
    let Retrieved {
        passage,
        title,
        language,
        score: rating,
        why,
    } = found;
    let lexical = |ByWords { rank, score: bm25 }| LexicalView {
        rank,
        score: score(bm25),
    };
    let semantic = |ByMeaning { rank, likeness }| SemanticView {
        rank,
        likeness: score(likeness),
    };
    HitView {
        document_id: passage.document,
        title,
        language,
        ordinal: passage.ordinal,
        start: passage.start,
        end: passage.end,
        page: passage.page,
        headings: passage.headings,
        text: passage.text,
        score: score(rating),
        highlights,
        why: WhyView {
            lexical: why.words.map(lexical),
            semantic: why.meaning.map(semantic),
            fused_rank: why.fused,
            reranked_rank: why.reranked,
        },
    }
}
