/**
 * What the library needs of a logger: pino's call shape, so that a pino instance (or a child of one) is passed as it is. The default
 * says nothing. Network-driven messages are logged at debug level only, since a stranger could otherwise fill a disk.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger that drops everything. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
