import type { Citation } from '@/lib/api';
import { MediaQuery } from 'svelte/reactivity';

/** What the drawer at the side shows. */
export interface Source {
  workspace: string;
  document: string;
  title: string;
  /** The citations to walk through, and which of them is shown; none shows the document from its top. */
  citations: Citation[];
  at: number;
  /** Whether they were found by a search, not cited by an answer. */
  found?: boolean;
}

/** What is open besides the page itself. */
class Ui {
  sidebar = $state(false);
  palette = $state(false);
  keymap = $state(false);
  newWorkspace = $state(false);
  source = $state.raw<Source | null>(null);
  /** A link that an answer wants to open. */
  link = $state<string | null>(null);
  /** Where the sidebar and the drawer become sheets. */
  readonly narrow = new MediaQuery('max-width: 52rem');
  readonly medium = new MediaQuery('max-width: 74rem');

  openCitation(workspace: string, citations: Citation[], at: number, found = false) {
    const cited = citations[at];
    if (!cited) return;
    this.source = { workspace, document: cited.document_id, title: cited.title, citations, at, found };
  }

  openDocument(workspace: string, document: string, title: string) {
    this.source = { workspace, document, title, citations: [], at: 0 };
  }

  /** Moves to the previous or next citation; stops at the ends. */
  step(by: 1 | -1) {
    const source = this.source;
    if (!source) return;
    this.openCitation(source.workspace, source.citations, source.at + by, source.found);
  }
}

export const ui = new Ui();
