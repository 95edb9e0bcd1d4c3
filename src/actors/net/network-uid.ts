/** Uid under which qmail's servers hand mail to the queue (its user qmaild), as recorded logs show it. */
export const networkUid = 7791;
