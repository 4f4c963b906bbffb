package dev.visionmamba.tasks.cli;

import dev.visionmamba.heads.detection.DetectionHead;
import dev.visionmamba.heads.detection.DetectionObjective;
import dev.visionmamba.heads.detection.MaskRcnn;
import dev.visionmamba.heads.detection.MaskRcnnObjective;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say of how much of each picture Mask R-CNN learns. */
final class SamplingFlags {
  private static final int PUBLISHED_ANCHORS = 256;
  private static final int PUBLISHED_REGIONS = 512;
  private static final int PUBLISHED_PROPOSALS = 1000;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--anchor-samples",
      paramLabel = "N",
      description =
          "Of mask_rcnn: how many anchors of a picture the proposals are learned from (default: "
              + PUBLISHED_ANCHORS
              + ").")
  private Integer anchors;

  @Option(
      names = "--region-samples",
      paramLabel = "N",
      description =
          "Of mask_rcnn: how many regions of a picture classes and boxes are learned from (default: "
              + PUBLISHED_REGIONS
              + "; small pictures need far fewer, such as 48).")
  private Integer regions;

  @Option(
      names = "--proposals",
      paramLabel = "N",
      description =
          "Of mask_rcnn: out of how many proposals those regions are drawn (default: "
              + PUBLISHED_PROPOSALS
              + ").")
  private Integer proposals;

  /**
   * What a head learns.
   *
   * @throws ParameterException if a number is below 1, or the head has no samples
   */
  DetectionObjective objective(DetectionHead head) {
    if (anchors == null && regions == null && proposals == null) {
      return DetectionObjective.published(head);
    }
    if (!(head instanceof MaskRcnn)) {
      throw new ParameterException(
          spec.commandLine(),
          "--anchor-samples, --region-samples and --proposals are for mask_rcnn alone");
    }
    return MaskRcnnObjective.ofSamples(
        positive("--anchor-samples", anchors, PUBLISHED_ANCHORS),
        positive("--region-samples", regions, PUBLISHED_REGIONS),
        positive("--proposals", proposals, PUBLISHED_PROPOSALS));
  }

  private int positive(String option, Integer given, int standard) {
    if (given != null && given < 1) {
      throw new ParameterException(
          spec.commandLine(), option + " must be at least 1, got " + given);
    }
    return given == null ? standard : given;
  }
}
