"""The paper's ablations at a size that fits a budget: plan, trials, statistics, table, plot."""
