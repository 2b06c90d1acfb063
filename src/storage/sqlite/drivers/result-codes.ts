// SQLite's names for what went wrong, by its number: a primary code in the lowest byte, what it says more exactly above it.

/** From SQLITE_ERROR = 1 on. */
const PRIMARY = [
  'ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG',
  'CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING',
]
  .join(' ')
  .split(' ');

/** By the primary code, from 1 on; `-`: there is none. */
const EXTENDED: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [
    'ERROR: MISSING_COLLSEQ RETRY SNAPSHOT',
    'ABORT: - ROLLBACK',
    'BUSY: RECOVERY SNAPSHOT TIMEOUT',
    'LOCKED: SHAREDCACHE VTAB',
    'READONLY: RECOVERY CANTLOCK ROLLBACK DBMOVED CANTINIT DIRECTORY',
    'IOERR: READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK CLOSE' +
      ' DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC COMMIT_ATOMIC' +
      ' ROLLBACK_ATOMIC DATA CORRUPTFS IN_PAGE',
    'CORRUPT: VTAB SEQUENCE INDEX',
    'CANTOPEN: NOTEMPDIR ISDIR FULLPATH CONVPATH DIRTYWAL SYMLINK',
    'CONSTRAINT: CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE',
  ].map((line) => {
    const [name = '', extended = ''] = line.split(': ');
    return [name, extended.split(' ')];
  }),
);

/** Such as SQLITE_IOERR_WRITE; a number that is not known by its primary code. */
export function resultCode(number: number): string {
  const primary = PRIMARY[(number & 0xff) - 1];
  if (primary === undefined) return 'SQLITE_UNKNOWN';
  const more = EXTENDED[primary]?.[(number >> 8) - 1];
  return more === undefined || more === '-' ? `SQLITE_${primary}` : `SQLITE_${primary}_${more}`;
}
