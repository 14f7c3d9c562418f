/** What the validation of a bundle finds. */
export interface Finding {
  type: string;
  message: string;
}

export const finding = (type: string, message: string): Finding => ({ type, message });

/** The code of an upload that is refused, by the type of what was found first. Types that are not here have none. */
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
