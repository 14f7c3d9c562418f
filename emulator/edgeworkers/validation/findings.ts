/** An error or warning of the validation of a bundle. */
export interface Finding {
  readonly type: string;
  readonly message: string;
}

export const finding = (type: string, message: string): Finding => ({ type, message });

/** The error code of an upload, by the type of its first finding. Other types have no code. */
export const UPLOAD_CODES: Readonly<Record<string, string>> = {
  MAX_COMPRESSED_SIZE_EXCEEDED: "EW1101",
  INVALID_GZIP_FORMAT: "EW1103",
  MAX_UNCOMPRESSED_SIZE_EXCEEDED: "EW1104",
  INVALID_TAR_ARCHIVE: "EW1105",
  EMPTY_TARBALL: "EW1106",
  MISSING_MANDATORY_FILES: "EW1106",
  INVALID_MANIFEST: "EW1107",
  STATIC_VALIDATION_FAILED: "EW1108",
};
