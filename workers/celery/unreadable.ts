/** Key of the properties of a message whose own properties cannot be read. No producer can send it. */
export const UNREADABLE = Symbol('unreadable');
