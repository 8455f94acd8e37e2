// The file that benchmarks/optimizer/problem-file.ts writes: its layout is drawn there. Little-endian machines only.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

struct Step {
  std::vector<int32_t> rows, columns, cost_columns;
  std::vector<double> row_lower, row_upper, column_lower, column_upper, costs;
};

struct Problem {
  int32_t rows = 0, columns = 0, entries = 0;
  std::vector<double> cost, column_lower, column_upper, row_lower, row_upper, value;
  std::vector<int32_t> column_start, row_index;
  std::vector<Step> steps;
};

class ProblemReader {
 public:
  explicit ProblemReader(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (file_ == nullptr) throw std::runtime_error(path + ": cannot be opened");
  }
  ~ProblemReader() { std::fclose(file_); }
  ProblemReader(const ProblemReader&) = delete;
  ProblemReader& operator=(const ProblemReader&) = delete;

  Problem read() {
    char magic[8];
    if (std::fread(magic, 1, 8, file_) != 8 || std::memcmp(magic, "WEIRLP01", 8) != 0)
      throw std::runtime_error(path_ + ": is no problem file");
    Problem problem;
    const auto counts = take<int32_t>(4);
    problem.rows = counts[0];
    problem.columns = counts[1];
    problem.entries = counts[2];
    problem.cost = take<double>(problem.columns);
    problem.column_lower = take<double>(problem.columns);
    problem.column_upper = take<double>(problem.columns);
    problem.row_lower = take<double>(problem.rows);
    problem.row_upper = take<double>(problem.rows);
    problem.value = take<double>(problem.entries);
    problem.column_start = take<int32_t>(problem.columns + 1);
    problem.row_index = take<int32_t>(problem.entries);
    for (int32_t step = 0; step < counts[3]; step++) problem.steps.push_back(read_step());
    return problem;
  }

 private:
  template <typename T>
  std::vector<T> take(int32_t count) {
    std::vector<T> values(static_cast<size_t>(count));
    if (std::fread(values.data(), sizeof(T), values.size(), file_) != values.size())
      throw std::runtime_error(path_ + ": ends too early");
    return values;
  }

  Step read_step() {
    Step step;
    const auto counts = take<int32_t>(3);
    step.rows = take<int32_t>(counts[0]);
    step.row_lower = take<double>(counts[0]);
    step.row_upper = take<double>(counts[0]);
    step.columns = take<int32_t>(counts[1]);
    step.column_lower = take<double>(counts[1]);
    step.column_upper = take<double>(counts[1]);
    step.cost_columns = take<int32_t>(counts[2]);
    step.costs = take<double>(counts[2]);
    return step;
  }

  std::string path_;
  std::FILE* file_;
};
