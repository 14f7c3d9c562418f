export const places = {
  "/about-us": "/company",
  "/jobs": "/careers",
};
