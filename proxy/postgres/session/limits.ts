/** What one client may make a session keep. */

/** Longest Query or Parse that is looked at; longer ones are refused, as a whole, without being kept. */
export const textBytesMax = 1024 * 1024;
/** What is kept of a client that goes on sending while it has to wait. */
export const backlogBytesMax = textBytesMax + 64 * 1024;
/** Messages on their way to the server before no more are taken. */
export const pendingMax = 1024;
/** Of Bind: both names have to be in so much of it. */
export const bindHeadBytesMax = 2048;
