import type { components } from './schema';

/** The box's wire types, generated from its OpenAPI description. */
type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type User = Schemas['User'];
export type Workspace = Schemas['Workspace'];
export type Member = Schemas['Member'];
export type MemberRole = Schemas['MemberRole'];
export type Document = Schemas['Document'];
/** What is to be different; `null` gives a document back to everybody. */
export type DocumentChange = Omit<Schemas['DocumentChange'], 'members'> & { members?: string[] | null };
/** The data of each event of the stream of documents, by the event's name. */
export type DocumentEvents = Schemas['DocumentEvents'];
export type Passage = Schemas['Passage'];
export type SearchRequest = Omit<Schemas['SearchRequest'], 'diverse' | 'documents' | 'languages' | 'tags' | 'types'> &
  Partial<Pick<Schemas['SearchRequest'], 'diverse' | 'documents' | 'languages' | 'tags' | 'types'>>;
export type SearchMethod = Schemas['SearchMethod'];
export type SearchResult = Schemas['SearchResult'];
export type SearchHit = Schemas['SearchHit'];
export type SearchReason = Schemas['SearchReason'];
export type Entity = Schemas['Entity'];
export type EntityKind = Schemas['EntityKind'];
export type EntityPlace = Schemas['EntityPlace'];
export type EntityProfile = Schemas['EntityProfile'];
export type Graph = Schemas['Graph'];
export type Conversation = Schemas['Conversation'];
export type Citation = Schemas['Citation'];
export type Finding = Schemas['Finding'];
/** Something that the model saw as a placeholder, such as `[EMAIL_1]`. */
export type Mask = Schemas['Mask'];
export type Span = Schemas['Span'];
export type AnswerSettings = Schemas['AnswerSettings'];
export type Usage = Schemas['TurnUsage'];
export type Timings = Schemas['TurnTimings'];
export type TurnState = Schemas['TurnState'];
export type Turn = Schemas['Turn'];
/** The data of each event of a turn's stream, by the event's name. */
export type TurnEvents = Schemas['TurnEvents'];
export type ApiKey = Schemas['ApiKey'];
export type Model = Schemas['Model'];
export type Plugin = Schemas['Plugin'];
export type PluginUsage = Schemas['PluginUsage'];
export type Pipeline = Schemas['Pipeline'];
export type Stage = Schemas['Stage'];
export type StagePlugin = Schemas['StagePlugin'];
export type StageRequest = Schemas['StageRequest'];
export type StageUse = Schemas['StageUse'];
export type Side = Schemas['Side'];
export type TryRequest = Schemas['PipelineTry'];
export type Tried = Schemas['PipelineTried'];
export type System = Schemas['System'];
