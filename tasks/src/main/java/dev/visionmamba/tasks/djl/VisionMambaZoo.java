package dev.visionmamba.tasks.djl;

import ai.djl.repository.Repository;
import ai.djl.repository.zoo.ModelZoo;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.download.DownloadOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The bundled and the published classifiers, detectors and segmenters as a DJL model zoo. An
 * artifact is a checkpoint's name, {@code vmamba_tiny_s1l8.imagenet1k}, or its network's alone for
 * the default checkpoint, {@code mask_rcnn_vmamba_tiny_s1l8}, which may leave out the
 * configuration, {@code mask_rcnn_vmamba_tiny}. Classifiers answer with {@code Classifications},
 * detectors with {@code DetectedObjects} (with the arguments of {@link VisionMambaBlockFactory}),
 * segmenters with {@code CategoryMask}:
 *
 * <pre>
 * Criteria.builder()
 *     .setTypes(Image.class, Classifications.class)
 *     .optGroupId("dev.visionmamba")
 *     .optArtifactId("vmamba_tiny_s1l8")
 *     .build()
 *     .loadModel()
 * </pre>
 */
public final class VisionMambaZoo extends ModelZoo {
  /** The group of all artifacts. */
  public static final String GROUP_ID = "dev.visionmamba";

  /** A zoo of all models that load by name. */
  public VisionMambaZoo() {
    Repository repository =
        Repository.newInstance(GROUP_ID, DownloadOptions.ofEnvironment().cache());
    names().forEach((name, task) -> addModel(new VisionMambaModelLoader(repository, name, task)));
  }

  /** What every model that has an answer in DJL is called, and what it answers. */
  private static Map<String, Task> names() {
    Map<String, Task> names = new LinkedHashMap<>();
    for (Task task : Task.values()) {
      ModelCatalogue.bundled(task).forEach(name -> names.put(name, task));
    }
    for (CatalogueEntry entry : Catalogue.published().entries()) {
      names.put(entry.name(), entry.task());
      names.put(entry.network(), entry.task());
    }
    Catalogue.published().shortNames().forEach((name, entry) -> names.put(name, entry.task()));
    names.values().removeIf(task -> task == Task.RESTORATION);
    return names;
  }

  @Override
  public String getGroupId() {
    return GROUP_ID;
  }

  @Override
  public Set<String> getSupportedEngines() {
    return Set.of("PyTorch");
  }
}
