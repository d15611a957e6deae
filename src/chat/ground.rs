//! What an answer of the `/v1` family stands on, where a workspace is asked.

use super::asked::Asked;
use super::complete::last_question;
use super::prompt::{self, Parts};
use super::quotes::{self, Quoted};
use super::sources::{self, Search, Source, Sources};
use super::{ChatError, Inner};
use crate::auth::Access;
use crate::domain::conversation::{Author, Grounding, Message};
use crate::domain::document::Citation;
use crate::domain::model::ModelCard;
use crate::domain::verdict::Finding;
use crate::domain::workspace::{AnswerMode, Workspace};

/// What is asked of a workspace.
pub(super) struct Request<'a> {
    /// Who is to answer; none for quotes.
    pub card: Option<&'a ModelCard>,
    /// As the guards admitted them.
    pub messages: Vec<Message>,
    /// The last question without what was hidden in it.
    pub searched: &'a str,
    pub answer_tokens: u32,
    /// Whether the answer must look like something, which the house's own sentence does not.
    pub held_to_form: bool,
}

/// What is asked of the model, or what the house says itself.
pub(super) struct Ground {
    pub messages: Vec<Message>,
    pub passages: Vec<Source>,
    pub findings: Vec<Finding>,
    /// What the house says; then no model is asked.
    pub house: Option<Vec<String>>,
    /// Of what the house quotes.
    pub quoted: Vec<Citation>,
}

impl Ground {
    /// Where no workspace is asked.
    pub(super) fn open(messages: Vec<Message>) -> Self {
        Self {
            messages,
            passages: Vec::new(),
            findings: Vec::new(),
            house: None,
            quoted: Vec::new(),
        }
    }
}

impl Inner {
    /// Puts a workspace's passages before the last question, or answers it.
    pub(super) async fn ground(
        &self,
        access: &Access,
        settings: Workspace,
        request: Request<'_>,
    ) -> Result<Ground, ChatError> {
        let Request {
            card,
            mut messages,
            searched,
            ..
        } = request;
        let question = last_question(&messages);
        let last = |message: &Message| message.author == Author::User;
        if let Some(at) = messages.iter().rposition(last) {
            messages.truncate(at);
        }
        let asked = Asked::of(searched);
        let (mode, least) = match (card, request.held_to_form) {
            (None, _) => (AnswerMode::Quotes, settings.answers.least),
            (Some(_), true) => (AnswerMode::Model, 0.0),
            (Some(_), false) => (AnswerMode::Model, settings.answers.least),
        };
        let search = Search {
            question: searched,
            asked: &asked,
            earlier: &sources::asked(&messages),
            mode,
            least,
        };
        let Sources {
            passages,
            findings,
            grounding,
        } = self.sources(access, search).await?;
        let mut ground = Ground::open(Vec::new());
        ground.findings = findings;
        let Some(card) = card.filter(|_| grounding != Grounding::Nothing) else {
            let quoted = quotes::quoted(&self.rag, searched, &asked, &passages).await;
            let Quoted { texts, citations } = quoted.unwrap_or_else(|| Quoted::none(&asked));
            (ground.house, ground.quoted) = (Some(texts), citations);
            return Ok(ground);
        };
        let instructions = instructions(settings.instructions, &messages);
        messages.retain(|message| message.author != Author::System);
        let parts = Parts {
            instructions: &instructions,
            history: &messages,
            question: &question,
            answer_tokens: request.answer_tokens as usize,
        };
        (ground.messages, ground.passages) =
            prompt::compose(&self.engine, &card.id, parts, passages).await?;
        Ok(ground)
    }
}

/// The workspace's own instructions, then those that came with the messages.
fn instructions(mut own: String, messages: &[Message]) -> String {
    for message in messages.iter().filter(|m| m.author == Author::System) {
        own.push_str(if own.is_empty() { "" } else { "\n\n" });
        own.push_str(&message.text);
    }
    own
}
