import { register } from 'node:module';

/** `node --import` this to run the TypeScript sources as they are, as Jest does: for threads that tests start. */
register('./typescript-hooks.mjs', import.meta.url);
