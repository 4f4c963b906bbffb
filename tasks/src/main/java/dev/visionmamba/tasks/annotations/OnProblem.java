package dev.visionmamba.tasks.annotations;

/** What is done about entries of a file that cannot be used. */
public enum OnProblem {
  /** The file is refused. */
  REFUSE,
  /** The entries are left out, and told. */
  SKIP
}
