/** The configuration that commands use where `--config` names no other: the embedded default, in the working folder. */
export const defaultConfig = 'config/postern.yaml'
