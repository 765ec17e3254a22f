/**
 * The package's version, read from package.json when the command is compiled.
 */
import packageJson from '../../package.json' with { type: 'json' };

export const version: string = packageJson.version;
