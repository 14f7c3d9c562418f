/** The folder of the manifest, the lock and temporary files. Only the emulator writes into it. */
export const OWN_FOLDER = ".akamai-edge-emulator";
