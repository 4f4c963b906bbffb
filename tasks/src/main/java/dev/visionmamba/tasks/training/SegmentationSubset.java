package dev.visionmamba.tasks.training;

import java.util.List;

/** Some pictures of a data set for segmentation. */
final class SegmentationSubset implements SegmentationDataset {
  private final SegmentationDataset data;
  private final Subset subset;

  SegmentationSubset(SegmentationDataset data, Subset subset) {
    this.data = data;
    this.subset = subset;
  }

  @Override
  public int count() {
    return subset.indices().length;
  }

  @Override
  public List<String> classNames() {
    return data.classNames();
  }

  @Override
  public SegmentationExample example(int index) throws DataSetException {
    return data.example(subset.indices()[index]);
  }

  @Override
  public String identity() {
    return subset.identity();
  }
}
