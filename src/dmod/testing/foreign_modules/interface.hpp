// The class of the Basic Model Interface 2.0 for C++, as far as names and order go.
#ifndef INTERFACE_HPP
#define INTERFACE_HPP

#include <string>
#include <vector>

namespace bmi {

class Bmi {
 public:
#ifndef WITHOUT_DESTRUCTOR
  virtual ~Bmi() {}
#endif
  virtual void Initialize(std::string) = 0;
  virtual void Update() = 0;
  virtual void UpdateUntil(double) = 0;
  virtual void Finalize() = 0;
  virtual std::string GetComponentName() = 0;
  virtual int GetInputItemCount() = 0;
  virtual int GetOutputItemCount() = 0;
  virtual std::vector<std::string> GetInputVarNames() = 0;
  virtual std::vector<std::string> GetOutputVarNames() = 0;
  virtual int GetVarGrid(std::string) = 0;
  virtual std::string GetVarType(std::string) = 0;
  virtual std::string GetVarUnits(std::string) = 0;
  virtual int GetVarItemsize(std::string) = 0;
  virtual int GetVarNbytes(std::string) = 0;
  virtual std::string GetVarLocation(std::string) = 0;
  virtual double GetCurrentTime() = 0;
  virtual double GetStartTime() = 0;
  virtual double GetEndTime() = 0;
  virtual std::string GetTimeUnits() = 0;
  virtual double GetTimeStep() = 0;
  virtual void GetValue(std::string, void *) = 0;
  virtual void *GetValuePtr(std::string) = 0;
  virtual void GetValueAtIndices(std::string, void *, int *, int) = 0;
  virtual void SetValue(std::string, void *) = 0;
  virtual void SetValueAtIndices(std::string, int *, int, void *) = 0;
  virtual int GetGridRank(const int) = 0;
  virtual int GetGridSize(const int) = 0;
  virtual std::string GetGridType(const int) = 0;
  virtual void GetGridShape(const int, int *) = 0;
  virtual void GetGridSpacing(const int, double *) = 0;
  virtual void GetGridOrigin(const int, double *) = 0;
  virtual void GetGridX(const int, double *) = 0;
  virtual void GetGridY(const int, double *) = 0;
  virtual void GetGridZ(const int, double *) = 0;
  virtual int GetGridNodeCount(const int) = 0;
  virtual int GetGridEdgeCount(const int) = 0;
  virtual int GetGridFaceCount(const int) = 0;
  virtual void GetGridEdgeNodes(const int, int *) = 0;
  virtual void GetGridFaceEdges(const int, int *) = 0;
  virtual void GetGridFaceNodes(const int, int *) = 0;
  virtual void GetGridNodesPerFace(const int, int *) = 0;
};

}  // namespace bmi

#endif
