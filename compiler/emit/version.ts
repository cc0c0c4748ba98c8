/** The version in the header of every generated module; a test keeps it equal to the package's. */
export const compilerVersion = "0.1.0";
