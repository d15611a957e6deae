//! Turns as jobs of the server: start, follow, wait, cancel, recover.

use tracing::warn;

use std::sync::Arc;

use super::answer::{self, Job};
use super::masks::Masks;
use super::restore::Restorer;
use super::running::{Running, TurnEvents};
use super::scope::asker_of;
use super::shown::Shown;
use super::{Ask, Chat, ChatError, Inner, QUOTES, TurnEventKind, prompt};
use crate::domain::conversation::{
    Conversation, Message, Question, Timings, Turn, TurnState, Usage,
};
use crate::domain::id::{ConversationId, TurnId};
use crate::domain::model::ModelId;
use crate::domain::principal::{Action, Principal};
use crate::domain::verdict::Side;
use crate::domain::workspace::AnswerMode;
use crate::store::conversations;

/// Longest question; longer texts belong into a document.
const QUESTION_BYTES: usize = 32 * 1024;
/// Longest branch; a longer one is an error, since nothing is cut silently.
const BRANCH_TURNS: usize = 500;
/// Characters of the first question that become the conversation's title.
const TITLE_CHARS: usize = 60;

impl Chat {
    /// Starts a turn; it is stored when this returns. A blocked question is an error.
    pub async fn ask(
        &self,
        who: &Principal,
        conversation: ConversationId,
        ask: Ask,
    ) -> Result<TurnId, ChatError> {
        let inner = &self.inner;
        let key = ask.key();
        let opened = inner
            .workspaces
            .open_conversation(who, conversation, Action::Chat)
            .await?;
        let (access, conversation) = opened;
        if let Some(turn) = inner.asked_before(&conversation, &ask).await? {
            return Ok(turn.id);
        }
        let branch = inner.may_follow(&conversation, &ask).await?;
        let workspace = inner.workspaces.of(&access).await?;
        let mode = ask.mode.unwrap_or(workspace.answers.mode);
        let model = match mode {
            AnswerMode::Quotes => ModelId::from_title(QUOTES),
            AnswerMode::Model => {
                // The queue may fill up while passages are looked for; then the turn fails.
                inner.engine.has_room(asker_of(access.user()))?;
                inner.chat_model(ask.model.as_deref())?.id
            }
        };
        let pipeline = inner.pipelines.of(Some(access.workspace()));
        let admitted = pipeline.admit(Side::Input, &ask.text).await?;
        let mut masks = Masks::of(&inner.config.restore, &branch);
        let mut edits = admitted.edits;
        let masked = masks.number(&ask.text, &mut edits, &admitted.findings);
        let turn = Turn {
            id: TurnId::new(),
            conversation: conversation.id,
            parent: ask.parent,
            question: Question {
                text: ask.text,
                masked,
                edits,
            },
            answer: String::new(),
            citations: Vec::new(),
            findings: admitted.findings,
            usage: Usage::default(),
            model,
            state: TurnState::Running,
            timings: Timings::default(),
            asked_at: inner.clock.now(),
            mode,
            grounding: None,
            unsupported: Vec::new(),
        };
        let sampling = inner.sampling(&turn, ask.temperature).await?;
        let limit = inner.config.answer_tokens;
        let max_tokens = ask
            .max_tokens
            .map_or(limit, |wanted| wanted.clamp(1, limit));
        let masks = Arc::new(masks);
        let job = Job {
            access,
            turn,
            restorer: Restorer::new(masks.clone()),
            masks,
            instructions: workspace.instructions,
            least: workspace.answers.least,
            sampling,
            max_tokens,
            edits: Vec::new(),
            queued: None,
        };
        self.start(job, conversation, key).await
    }

    /// Stores the turn and lets it run; a turn that came first with the same key is returned.
    async fn start(
        &self,
        job: Job,
        conversation: Conversation,
        key: Option<[u8; 32]>,
    ) -> Result<TurnId, ChatError> {
        let inner = &self.inner;
        let turn = job.turn.clone();
        let running = inner
            .board
            .start(turn.id, job.access.user(), inner.config.running_per_person)
            .map_err(|running| ChatError::TooManyRunning { running })?;
        let id = turn.id;
        match inner.store_first(turn, conversation, key).await {
            Ok(None) => {
                answer::spawn(inner.clone(), running, job);
                Ok(id)
            }
            Ok(Some(first)) => {
                inner.board.forget(id);
                Ok(first)
            }
            Err(error) => {
                inner.board.forget(id);
                Err(error)
            }
        }
    }

    /// All turns of a conversation, oldest first.
    pub async fn turns(
        &self,
        who: &Principal,
        conversation: ConversationId,
    ) -> Result<Vec<Shown>, ChatError> {
        self.inner
            .workspaces
            .open_conversation(who, conversation, Action::ReadWorkspace)
            .await?;
        let listed = self
            .inner
            .store
            .read(move |tx| conversations::list_turns(tx, conversation));
        Ok(Shown::all(listed.await?, &self.inner.config.restore))
    }

    /// One turn, as far as it is.
    pub async fn turn(
        &self,
        who: &Principal,
        conversation: ConversationId,
        turn: TurnId,
    ) -> Result<Shown, ChatError> {
        self.inner
            .workspaces
            .open_conversation(who, conversation, Action::ReadWorkspace)
            .await?;
        self.inner.shown(conversation, turn).await
    }

    /// Waits for the end of a turn, as its reader.
    pub async fn wait(
        &self,
        who: &Principal,
        conversation: ConversationId,
        turn: TurnId,
    ) -> Result<Shown, ChatError> {
        let mut events = self.follow(who, conversation, turn, 0).await?;
        while let Some(event) = events.next().await {
            match event.kind {
                TurnEventKind::Done(turn) | TurnEventKind::Error { turn, .. } => return Ok(*turn),
                _ => {}
            }
        }
        self.inner.shown(conversation, turn).await
    }

    /// What happened in a turn after event `after` (0 for all), and what happens from now on.
    pub async fn follow(
        &self,
        who: &Principal,
        conversation: ConversationId,
        turn: TurnId,
        after: u64,
    ) -> Result<TurnEvents, ChatError> {
        self.inner
            .workspaces
            .open_conversation(who, conversation, Action::ReadWorkspace)
            .await?;
        self.inner.stored(conversation, turn).await?;
        if let Some(events) = self.inner.board.read(turn, after) {
            return Ok(events);
        }
        // Read again: it may have ended, and been stored, between the two looks.
        let shown = Box::new(self.inner.shown(conversation, turn).await?);
        let kind = match shown.turn.state.clone() {
            TurnState::Failed { code, message } => TurnEventKind::Error {
                code,
                message,
                turn: shown,
            },
            _ => TurnEventKind::Done(shown),
        };
        Ok(TurnEvents::ended(after + 1, kind))
    }

    /// Ends a turn; what was released so far stays. A finished turn is returned as it is.
    pub async fn cancel(
        &self,
        who: &Principal,
        conversation: ConversationId,
        turn: TurnId,
    ) -> Result<Shown, ChatError> {
        self.inner
            .workspaces
            .open_conversation(who, conversation, Action::Chat)
            .await?;
        let shown = self.inner.shown(conversation, turn).await?;
        match self.inner.board.get(turn) {
            Some(running) => running.cancel.cancel(),
            None => return Ok(shown),
        }
        self.wait(who, conversation, turn).await
    }

    /// Takes turns up again that ran when the box went down. Returns how many.
    pub async fn recover(&self) -> Result<usize, ChatError> {
        let turns = self.inner.store.read(conversations::running_turns).await?;
        let count = turns.len();
        for turn in turns {
            let (id, restarted) = (turn.id, self.restart(turn.clone()).await);
            if let Err(error) = restarted {
                warn!(turn = %id, %error, "a turn could not be taken up again");
                let message = "the box was restarted while it answered".to_owned();
                let state = TurnState::Failed {
                    code: "interrupted".to_owned(),
                    message,
                };
                self.inner.store_turn(Turn { state, ..turn }).await?;
            }
        }
        Ok(count)
    }

    /// Answers a stored question again from its beginning.
    async fn restart(&self, turn: Turn) -> Result<(), ChatError> {
        let inner = &self.inner;
        let id = turn.conversation;
        let access = inner
            .workspaces
            .reopen_conversation(id, Action::Chat)
            .await?;
        let workspace = inner.workspaces.of(&access).await?;
        let turn = Turn {
            answer: String::new(),
            citations: Vec::new(),
            unsupported: Vec::new(),
            ..turn
        };
        let running = inner
            .board
            .start(turn.id, access.user(), u32::MAX)
            .map_err(|running| ChatError::TooManyRunning { running })?;
        let sampling = inner.sampling(&turn, None).await?;
        let max_tokens = inner.config.answer_tokens;
        let branch = inner.branch(turn.conversation, turn.id).await?;
        let masks = Arc::new(Masks::of(&inner.config.restore, &branch));
        let job = Job {
            access,
            turn,
            restorer: Restorer::new(masks.clone()),
            masks,
            instructions: workspace.instructions,
            least: workspace.answers.least,
            sampling,
            max_tokens,
            edits: Vec::new(),
            queued: None,
        };
        answer::spawn(inner.clone(), running, job);
        Ok(())
    }

    /// Ends all turns that run, before the box goes down.
    pub async fn shutdown(&self) {
        for running in self.inner.board.running() {
            running.cancel.cancel();
            ended(&self.inner, &running).await;
        }
    }
}

async fn ended(inner: &Inner, running: &Running) {
    let Some(mut events) = inner.board.read(running.turn, 0) else {
        return;
    };
    while events.next().await.is_some() {}
}

impl Inner {
    /// The turn that the same idempotency key made, if there is one.
    async fn asked_before(
        &self,
        conversation: &Conversation,
        ask: &Ask,
    ) -> Result<Option<Turn>, ChatError> {
        let Some(key) = ask.key() else {
            return Ok(None);
        };
        let id = conversation.id;
        let known = self
            .store
            .read(move |tx| conversations::keyed_turn(tx, id, &key))
            .await?;
        match known {
            Some(turn) => self.stored(id, turn).await.map(Some),
            None => Ok(None),
        }
    }

    /// Checks the question and the turn it follows; gives the branch up to that turn.
    async fn may_follow(
        &self,
        conversation: &Conversation,
        ask: &Ask,
    ) -> Result<Vec<Turn>, ChatError> {
        if ask.text.trim().is_empty() {
            return Err(ChatError::EmptyQuestion);
        }
        if ask.text.len() > QUESTION_BYTES {
            let (bytes, limit) = (ask.text.len(), QUESTION_BYTES);
            return Err(ChatError::QuestionTooLong { bytes, limit });
        }
        let Some(parent) = ask.parent else {
            return Ok(Vec::new());
        };
        let branch = self.branch(conversation.id, parent).await?;
        match branch.is_empty() {
            true => Err(ChatError::TurnNotFound),
            false => Ok(branch),
        }
    }

    async fn stored(&self, conversation: ConversationId, id: TurnId) -> Result<Turn, ChatError> {
        let turn = self
            .store
            .read(move |tx| conversations::get_turn(tx, conversation, id))
            .await?;
        turn.ok_or(ChatError::TurnNotFound)
    }

    pub(super) async fn store_turn(&self, turn: Turn) -> Result<(), ChatError> {
        // False: the conversation was deleted meanwhile, and the answer with it.
        self.store
            .write(move |tx| conversations::put_turn(tx, &turn))
            .await
            .map(drop)?;
        Ok(())
    }

    /// The first time a turn is stored: with its key, and a title for a nameless conversation.
    /// Stores nothing if the key has made a turn meanwhile, and returns that.
    async fn store_first(
        &self,
        turn: Turn,
        mut conversation: Conversation,
        key: Option<[u8; 32]>,
    ) -> Result<Option<TurnId>, ChatError> {
        conversation.updated_at = self.clock.now();
        if conversation.title.is_empty() {
            conversation.title = title(&turn.question.masked);
        }
        let write = self.store.write(move |tx| {
            if let Some(key) = &key {
                if let Some(first) = conversations::keyed_turn(tx, turn.conversation, key)? {
                    return Ok(Some(first));
                }
                conversations::put_keyed_turn(tx, turn.conversation, key, turn.id)?;
            }
            conversations::put(tx, &conversation)?;
            conversations::put_turn(tx, &turn)?;
            Ok::<_, ChatError>(None)
        });
        write.await
    }

    /// The branch that ends in `turn`, oldest first; empty if there is no such turn.
    async fn branch(
        &self,
        conversation: ConversationId,
        turn: TurnId,
    ) -> Result<Vec<Turn>, ChatError> {
        let read = self
            .store
            .read(move |tx| conversations::branch(tx, conversation, turn));
        Ok(read.await?)
    }

    /// One turn as its asker sees it.
    async fn shown(&self, conversation: ConversationId, id: TurnId) -> Result<Shown, ChatError> {
        let mut branch = self.branch(conversation, id).await?;
        let masks = Masks::of(&self.config.restore, &branch);
        let turn = branch.pop().ok_or(ChatError::TurnNotFound)?;
        Ok(Shown::of(turn, &Arc::new(masks)))
    }

    /// What was said before on this turn's branch, oldest first.
    pub(super) async fn history(&self, turn: &Turn) -> Result<Vec<Message>, ChatError> {
        let Some(parent) = turn.parent else {
            return Ok(Vec::new());
        };
        let branch = self.branch(turn.conversation, parent).await?;
        if branch.len() > BRANCH_TURNS {
            return Err(ChatError::BranchTooLong {
                limit: BRANCH_TURNS,
            });
        }
        Ok(prompt::history(
            branch.into_iter().filter(|turn| !turn.answer.is_empty()),
        ))
    }
}

impl Ask {
    /// The idempotency key's digest; clients send what they like.
    fn key(&self) -> Option<[u8; 32]> {
        self.idempotency_key
            .as_ref()
            .map(|key| *blake3::hash(key.as_bytes()).as_bytes())
    }
}

/// The start of the first line, cut at a word.
fn title(question: &str) -> String {
    let line = question.trim().lines().next().unwrap_or_default();
    if line.chars().count() <= TITLE_CHARS {
        return line.to_owned();
    }
    let start: String = line.chars().take(TITLE_CHARS).collect();
    let cut = start.rfind(' ').unwrap_or(start.len());
    format!("{}…", start[..cut].trim_end())
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_title_is_the_start_of_the_question() {
        for (question, expected) in [
            ("Where is it?", "Where is it?"),
            ("  Two\nlines", "Two"),
            (
                &"wörd ".repeat(30),
                "wörd wörd wörd wörd wörd wörd wörd wörd wörd wörd wörd wörd…",
            ),
        ] {
            assert_eq!(title(question), expected);
        }
    }
}
