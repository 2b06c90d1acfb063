/**
 * The PostgreSQL store, for those who open it by themselves. `XTrack.start({ database: 'postgres://…' })` does so too.
 *
 * @packageDocumentation
 */

export { openPostgresStore, type PostgresStoreOptions } from './store.js';
