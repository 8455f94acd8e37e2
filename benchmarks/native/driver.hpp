// The loop of a native peer: one long-lived process that is told what to do line by line, so that it can take turns
// with Weir. benchmarks/optimizer/native-driver.ts is the other side.
//
//   asked                   answered
//   load FILE               ready ROWS COLUMNS STEPS     reads the problem, builds the resident model, solves it
//   pass                    step MICROS OBJECTIVE PIVOTS, for each step, then: end
//                           (back to the start of the stream first, outside the clock)
//   cold FILE PRESOLVE SECONDS   cold MICROS OBJECTIVE STATUS
//                           a model of its own, gone afterwards; PRESOLVE is 0 or 1, SECONDS a limit
//   version                 version TEXT
//   anything that fails     error TEXT
//
// A step on the clock: apply the changes, solve, read the objective, copy all primal and dual values out.
// A cold solve on the clock: hand the model over, solve, read the objective.
#pragma once

#include <chrono>
#include <iostream>
#include <memory>
#include <sstream>

#include "problem.hpp"

struct Answer {
  double objective = 0;
  long pivots = 0;
  const char* status = "optimal";
};

// What a peer implements. `read` copies primal values of columns and duals of rows into the given arrays.
class Solver {
 public:
  virtual ~Solver() = default;
  virtual void build(const Problem& problem) = 0;
  // Settings that make re-solves of a resident model fastest.
  virtual void prepare_warm() = 0;
  virtual void apply(const Step& step) = 0;
  virtual Answer solve_warm() = 0;
  virtual Answer solve_cold(bool presolve, double seconds) = 0;
  virtual void read(double* primal, double* dual) = 0;
  virtual std::string version() const = 0;
};

using Clock = std::chrono::steady_clock;

inline double micros_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

inline Step back_to_start(const Problem& problem) {
  Step step;
  for (int32_t i = 0; i < problem.rows; i++) step.rows.push_back(i);
  for (int32_t j = 0; j < problem.columns; j++) step.columns.push_back(j);
  step.cost_columns = step.columns;
  step.row_lower = problem.row_lower;
  step.row_upper = problem.row_upper;
  step.column_lower = problem.column_lower;
  step.column_upper = problem.column_upper;
  step.costs = problem.cost;
  return step;
}

inline void require_optimal(const Answer& answer) {
  if (std::strcmp(answer.status, "optimal") != 0) throw std::runtime_error(std::string("solve ended as ") + answer.status);
}

class Driver {
 public:
  explicit Driver(std::unique_ptr<Solver> (*make)()) : make_(make) {}

  int run() {
    std::cout.precision(17);
    for (std::string line; std::getline(std::cin, line);) {
      try {
        obey(line);
      } catch (const std::exception& failure) {
        std::cout << "error " << failure.what() << "\n";
      }
      std::cout.flush();
    }
    return 0;
  }

 private:
  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string command, file;
    words >> command;
    if (command == "pass") {
      pass();
    } else if (command == "load" && words >> file) {
      load(file);
    } else if (command == "version") {
      std::cout << "version " << make_()->version() << "\n";
    } else if (int presolve = 0, seconds = 0; command == "cold" && words >> file >> presolve >> seconds) {
      cold(file, presolve != 0, seconds);
    } else {
      throw std::runtime_error("unknown command: " + line);
    }
  }

  void load(const std::string& file) {
    problem_ = ProblemReader(file).read();
    start_ = back_to_start(problem_);
    primal_.resize(static_cast<size_t>(problem_.columns));
    dual_.resize(static_cast<size_t>(problem_.rows));
    solver_ = make_();
    solver_->prepare_warm();
    solver_->build(problem_);
    require_optimal(solver_->solve_warm());
    std::cout << "ready " << problem_.rows << " " << problem_.columns << " " << problem_.steps.size() << "\n";
  }

  void pass() {
    if (!solver_) throw std::runtime_error("no problem is loaded");
    solver_->apply(start_);
    require_optimal(solver_->solve_warm());
    // Printed afterwards: writing between two steps would cool the caches that a warm solver lives on.
    std::vector<double> times, objectives;
    std::vector<long> pivots;
    for (const Step& step : problem_.steps) {
      const auto before = Clock::now();
      solver_->apply(step);
      const Answer answer = solver_->solve_warm();
      solver_->read(primal_.data(), dual_.data());
      times.push_back(micros_since(before));
      objectives.push_back(answer.objective);
      pivots.push_back(answer.pivots);
      require_optimal(answer);
    }
    for (size_t i = 0; i < times.size(); i++)
      std::cout << "step " << times[i] << " " << objectives[i] << " " << pivots[i] << "\n";
    std::cout << "end\n";
  }

  void cold(const std::string& file, bool presolve, double seconds) {
    const Problem problem = ProblemReader(file).read();
    const auto solver = make_();
    const auto before = Clock::now();
    solver->build(problem);
    const Answer answer = solver->solve_cold(presolve, seconds);
    std::cout << "cold " << micros_since(before) << " " << answer.objective << " " << answer.status << "\n";
  }

  std::unique_ptr<Solver> (*make_)();
  std::unique_ptr<Solver> solver_;
  Problem problem_;
  Step start_;
  std::vector<double> primal_, dual_;
};
