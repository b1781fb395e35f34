import type { components } from '@/core/api/schema'

type Schemas = components['schemas']

export type Conversation = Schemas['ConversationAnswer']
export type NewConversation = Partial<Schemas['ConversationCreate']>
/** What a person changes of a conversation; its branch is chosen apart. */
export type ConversationChange = Partial<Omit<Schemas['ConversationUpdate'], 'leaf_message_id'>>
export type Message = Schemas['MessageAnswer']
export type MessageState = Message['state']
export type Branch = Schemas['Branch']
/** Asked and being answered. */
export type Asked = Schemas['Sent']
export type ChatModel = Schemas['ChatModel']
export type ChatProviderModels = Schemas['ProviderModels']
export type ChosenModel = Schemas['DefaultModel']
export type ChatModels = Schemas['ChatModels']
export type ChatProvider = Schemas['ChatProviderAnswer']
export type ChatProviderForm = Required<Schemas['ChatProviderCreate']>
export type ProviderTest = Schemas['ChatProviderTest']
